internal import Glibc

/// The little of a file system that tests need.
enum Files {
  static func canExecute(_ path: String) -> Bool { unsafe access(path, X_OK) == 0 }

  static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  static func canWrite(_ path: String) -> Bool { unsafe access(path, R_OK | W_OK) == 0 }

  static func destination(ofLink link: String) -> String {
    guard let path = unsafe realpath(link, nil) else { return link }
    defer { unsafe free(path) }
    return unsafe String(cString: path)
  }

  /// A file's text, empty when there is none: also of /proc, whose files have no size.
  static func text(_ path: String) -> String {
    String(decoding: bytes(path), as: UTF8.self)
  }

  static func bytes(_ path: String) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var contents: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe read(descriptor, bytes.baseAddress, bytes.count)
      }
      guard count > 0 else { return contents }
      contents += buffer[..<count]
    }
  }

  /// Makes a file of this text.
  static func write(_ text: String, to path: String) throws {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw LabError("\(path) cannot be written") }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    guard unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
      throw LabError("\(path) cannot be written")
    }
  }

  /// Makes a file of zeroes, with holes where the file system can.
  static func create(_ path: String, sizeBytes: Int) throws {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0, ftruncate(descriptor, off_t(sizeBytes)) == 0 else {
      throw LabError("\(path) cannot be made: \(HostEnvironment.text(errno: errno))")
    }
    close(descriptor)
  }

  static func temporaryDirectory() throws -> String {
    // Short, since socket names in it have at most 107 bytes.
    var name = Array("/tmp/mpath.XXXXXX".utf8CString)
    return try unsafe name.withUnsafeMutableBufferPointer { buffer in
      guard let name = buffer.baseAddress, let path = unsafe mkdtemp(name) else {
        throw LabError("no temporary directory: \(HostEnvironment.text(errno: errno))")
      }
      return unsafe String(cString: path)
    }
  }
}
