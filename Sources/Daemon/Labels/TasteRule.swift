internal import Glibc

/// Which paths the daemon looks at of its own accord, to see whether they have a label.
package enum TasteRule: Sendable, Hashable {
  /// Disks and partitions, except for those that are made of others or come and go with programs: loop,
  /// zram, ram, dm, md, nbd, sr, fd.
  case blockDevices
  /// What matches one of these patterns (glob(7)), and nothing else.
  case patterns([String])
  case nothing

  private static let passedOver = ["loop", "zram", "ram", "dm-", "md", "nbd", "sr", "fd"]
  private static let deviceFolder = "/dev/"
  private static let sysfsFolder = "/sys/class/block"

  /// Whether a block device that has just come is to be looked at.
  func accepts(_ path: String) -> Bool {
    switch self {
    case .blockDevices:
      path.hasPrefix(Self.deviceFolder)
        && Self.isOfItsOwn(String(path.dropFirst(Self.deviceFolder.count)))
    case .patterns(let patterns):
      patterns.contains { unsafe fnmatch($0, path, FNM_PATHNAME | FNM_PERIOD) == 0 }
    case .nothing: false
    }
  }

  /// Every path there is now. May block for as long as a file system does.
  func candidates() -> [String] {
    switch self {
    case .blockDevices:
      Self.entries(of: Self.sysfsFolder).filter(Self.isOfItsOwn).map { Self.deviceFolder + $0 }
    case .patterns(let patterns): patterns.flatMap(Self.matches)
    case .nothing: []
    }
  }

  private static func isOfItsOwn(_ name: String) -> Bool {
    !passedOver.contains { prefix in
      guard name.hasPrefix(prefix) else { return false }
      // "fd0" and not "fdisk": what follows is a number, or "dm-" was it.
      return name.dropFirst(prefix.count).first.map { $0.isNumber } ?? false
    }
  }

  private static func entries(of folder: String) -> [String] {
    guard let stream = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      // A slash in a device's name is an exclamation mark in sysfs.
      if !name.hasPrefix(".") { names.append(String(name.map { $0 == "!" ? "/" : $0 })) }
    }
    return names
  }

  private static func matches(_ pattern: String) -> [String] {
    var found = unsafe glob_t()
    defer { unsafe globfree(&found) }
    guard unsafe glob(pattern, 0, nil, &found) == 0 else { return [] }
    return unsafe (0..<Int(found.gl_pathc)).compactMap { index in
      unsafe found.gl_pathv[index].map { unsafe String(cString: $0) }
    }
  }
}
