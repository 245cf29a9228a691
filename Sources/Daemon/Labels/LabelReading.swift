internal import BlockIO
internal import CLinux
internal import Glibc
internal import Label

/// Reading the end of a medium through a descriptor, on whatever thread may wait for it.
enum LabelReading {
  /// What stands between a path and its device's label; nil when it shows the right one.
  static func objection(
    _ reader: any SampleReader, _ medium: Medium
  ) throws(PathTrouble) -> MediumComparison.Verdict? {
    guard let label = medium.label else { return nil }
    // Direct I/O takes whole blocks only; the sector is the end of the last one.
    let length = max(label.sectorBytes, medium.geometry.blockBytes)
    let last = try reader.read(medium.geometry.sizeBytes - UInt64(length), Int(length))
    let sector = Array(last.suffix(Int(label.sectorBytes)))
    do throws(LabelError) {
      let found = try LabelRecord(sector: sector)
      guard found.uuid != label.record.uuid else { return nil }
      return .mislabelled(
        "its label is that of another device, named \(found.name) with the uuid \(found.uuid)")
    } catch {
      return .mislabelled(error.message)
    }
  }

  struct ReadFailure: Error {
    let errno: Int32
  }

  /// Reads all of a range, past every cache: what the page cache has of it is dropped first, which matters
  /// to descriptors that are not direct.
  static func read(
    _ descriptor: Int32, at offset: UInt64, _ length: Int
  ) throws(ReadFailure) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: length)
    _ = posix_fadvise(descriptor, off_t(offset), off_t(length), POSIX_FADV_DONTNEED)
    let got = unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe mp_path_read(descriptor, buffer.baseAddress, UInt32(length), offset)
    }
    guard got == Int64(length) else {
      throw ReadFailure(errno: got < 0 ? Int32(-got) : EIO)
    }
    return bytes
  }
}
