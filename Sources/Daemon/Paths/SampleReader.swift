internal import CLinux
internal import Control
internal import Glibc
internal import NBD
internal import Reactor

/// Reads pieces of a medium for a comparison, and reads and writes its label, on one helper thread.
protocol SampleReader: AnyObject {
  /// How large the medium is now.
  func sizeBytes() throws(PathTrouble) -> UInt64
  func read(_ offset: UInt64, _ length: Int) throws(PathTrouble) -> [UInt8]
  /// Returns when the bytes are on the medium, whatever happens to the power.
  func write(_ offset: UInt64, _ bytes: [UInt8]) throws(PathTrouble)
}

/// A block device or a file, through a descriptor of its own.
final class FileSampleReader: SampleReader {
  private let descriptor: Int32

  init(owning descriptor: Int32) {
    self.descriptor = descriptor
  }

  deinit { Glibc.close(descriptor) }

  func sizeBytes() throws(PathTrouble) -> UInt64 {
    var size: UInt64 = 0
    let status = unsafe mp_path_size(descriptor, &size)
    guard status == 0 else { throw .unreadable(errno: -status) }
    return size
  }

  func read(_ offset: UInt64, _ length: Int) throws(PathTrouble) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: length)
    // What the page cache has of it is dropped first, which matters to descriptors that are not direct.
    _ = posix_fadvise(descriptor, off_t(offset), off_t(length), POSIX_FADV_DONTNEED)
    let got = unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe mp_path_read(descriptor, buffer.baseAddress, UInt32(length), offset)
    }
    guard got == Int64(length) else { throw .unreadable(errno: got < 0 ? Int32(-got) : EIO) }
    return bytes
  }

  func write(_ offset: UInt64, _ bytes: [UInt8]) throws(PathTrouble) {
    let status = unsafe bytes.withUnsafeBytes { buffer in
      unsafe mp_path_write(descriptor, buffer.baseAddress, UInt32(bytes.count), offset)
    }
    guard status == 0 else { throw .unwritable(errno: -status) }
  }
}
