internal import Glibc

/// An errno as operators read it.
enum ErrnoText {
  private static let names: [Int32: String] = [
    EIO: "EIO", ENXIO: "ENXIO", ENODEV: "ENODEV", ENOENT: "ENOENT", EACCES: "EACCES",
    EPERM: "EPERM", EBUSY: "EBUSY", EROFS: "EROFS", ENOLINK: "ENOLINK", EPIPE: "EPIPE",
    ECONNRESET: "ECONNRESET", ENOTCONN: "ENOTCONN", ESHUTDOWN: "ESHUTDOWN",
    ETIMEDOUT: "ETIMEDOUT", ESTALE: "ESTALE", EBADF: "EBADF", EAGAIN: "EAGAIN",
    ENOMEM: "ENOMEM", EINVAL: "EINVAL", EMFILE: "EMFILE", ENFILE: "ENFILE",
    ECONNABORTED: "ECONNABORTED", ECONNREFUSED: "ECONNREFUSED", ENOMEDIUM: "ENOMEDIUM",
  ]

  /// The symbol, such as EIO.
  static func name(_ errno: Int32) -> String { names[errno] ?? "errno \(errno)" }

  /// What it means, in the C library's words.
  static func meaning(_ errno: Int32) -> String {
    unsafe strerror(errno).map { unsafe String(cString: $0) } ?? name(errno)
  }

  /// What it means, with the symbol.
  static func sentence(_ errno: Int32) -> String { "\(meaning(errno)) (\(name(errno)))" }
}
