internal import Glibc

/// A block device by any of its names.
enum BlockNode {
  private static let folder = "/dev/"

  /// The number of the block device that `operand` names in /dev, as `PathIdentity` has it; nil when there is none.
  ///
  /// Only names in /dev are looked at: the file system there, unlike any other, never keeps who asks waiting.
  static func number(of operand: String) -> UInt64? {
    let path = operand.hasPrefix("/") ? operand : folder + operand
    guard path.hasPrefix(folder), !path.split(separator: "/").contains("..") else { return nil }
    var about = stat()
    guard unsafe stat(path, &about) == 0, about.st_mode & S_IFMT == S_IFBLK else { return nil }
    return UInt64(about.st_rdev)
  }
}
