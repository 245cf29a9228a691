import Glibc

/// A file beside the tests that says what the output has to be.
struct GoldenFile {
  private struct Failure: Error {
    let file: String
    let errno: Int32
  }

  private let path: String

  init(_ name: String) {
    let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    path = folder.joined(separator: "/") + "/Golden/" + name
  }

  func read() throws -> String {
    guard let file = unsafe fopen(path, "r") else { throw Failure(file: path, errno: errno) }
    defer { unsafe fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = unsafe fread(&chunk, 1, chunk.count, file)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += chunk[..<count]
    }
  }

  func write(_ text: String) throws {
    guard let file = unsafe fopen(path, "w") else { throw Failure(file: path, errno: errno) }
    defer { unsafe fclose(file) }
    let bytes = Array(text.utf8)
    guard unsafe fwrite(bytes, 1, bytes.count, file) == bytes.count else {
      throw Failure(file: path, errno: errno)
    }
  }
}
