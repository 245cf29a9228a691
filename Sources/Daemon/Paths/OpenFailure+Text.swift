internal import BlockIO
internal import Control
internal import Glibc

extension OpenFailure {
  /// One sentence that says what is wrong with `path`, and one that says what to do.
  ///
  /// - Parameter owner: The device of this daemon that uses the same medium entry, if any.
  func error(path: String, owner: String?) -> ControlError {
    let shown = PrintableText.quoted(path)
    if let trouble {
      return ControlError(.refused, "\(shown): \(trouble.sentence)", hint: trouble.hint)
    }
    if isOtherKind {
      return ControlError(
        .refused, "\(shown) is neither a block device nor a regular file",
        hint: "name a block device, a file or an NBD server")
    }
    if errno == EBUSY, let owner {
      return ControlError(
        .refused, "\(shown) is already a path of the device \(owner)",
        hint: "mpctl status \(owner) shows it; a path serves one device")
    }
    let (sentence, hint) = Self.explain(errno, shown)
    return ControlError(errno == EBUSY ? .busy : .refused, sentence, hint: hint)
  }

  private static func explain(_ errno: Int32, _ shown: String) -> (String, String?) {
    switch errno {
    case ENOENT, ENOTDIR:
      ("there is no \(shown)", "check the name; lsblk lists block devices")
    case EISDIR:
      ("\(shown) is a directory", "name a block device or a file in it")
    case EACCES, EPERM:
      (
        "no permission to open \(shown) for reading and writing",
        "run mpathd as root, or give its user access to it"
      )
    case EBUSY:
      (
        "\(shown) is in use: it is mounted or held by another program",
        "lsblk and fuser -v \(shown) show by whom; release it first"
      )
    case EROFS: ("\(shown) is read-only", "a path must be writable")
    case ENXIO, ENODEV, ENOMEDIUM:
      ("\(shown) has no medium behind it", "attach one, with losetup for a loop device")
    case ETIMEDOUT:
      (
        "\(shown) did not answer within \(DaemonLimits.pathPatience.milliseconds / 1000) s",
        "repair the path, then try again"
      )
    default: ("\(shown) could not be opened: \(ErrnoText.sentence(errno))", nil)
    }
  }
}
