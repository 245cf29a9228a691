internal import BlockIO
internal import CLinux
internal import Glibc
internal import Multipath
internal import Reactor

/// Compares what two paths show of a medium, on samples: the last and strongest of the identity checks
/// that need no label.
enum MediumComparison {
  enum Verdict: Sendable, Equatable {
    case same
    /// They differ at this byte.
    case different(offset: UInt64)
    /// The path has another size than the device.
    case resized(sizeBytes: UInt64)
    /// It has not the device's label: why, in words.
    case mislabelled(String)
    /// A read failed.
    case unreadable(errno: Int32)
  }

  /// Samples of the medium: its first and last piece and `count` between them.
  private static let count = 30
  private static let pieceBytes: UInt64 = 4096
  /// A piece may change between the two reads when the device is in use; then it is read again.
  private static let repeats = 5

  /// Compares on a thread of its own; `reference` is negative when there is nothing to compare with and only
  /// the path itself is to be read. Both descriptors are duplicated first, so that the caller may close its own.
  static func start(
    path: Int32, reference: Int32, medium: Medium,
    _ deliver: @escaping @Sendable (Verdict) -> Void
  ) {
    let own = fcntl(path, F_DUPFD_CLOEXEC, 0)
    let other = reference < 0 ? -1 : fcntl(reference, F_DUPFD_CLOEXEC, 0)
    guard own >= 0, reference < 0 || other >= 0 else {
      let error = Glibc.errno
      if own >= 0 { _ = Glibc.close(own) }
      return deliver(.unreadable(errno: error))
    }
    let isStarted = Thread.start("mpath-compare") {
      deliver(compare(own, other, medium))
      _ = Glibc.close(own)
      if other >= 0 { _ = Glibc.close(other) }
    }
    if !isStarted {
      _ = Glibc.close(own)
      if other >= 0 { _ = Glibc.close(other) }
      deliver(.unreadable(errno: EAGAIN))
    }
  }

  private static func compare(_ own: Int32, _ other: Int32, _ medium: Medium) -> Verdict {
    let geometry = medium.geometry
    var size: UInt64 = 0
    let status = unsafe mp_path_size(own, &size)
    if status < 0 { return .unreadable(errno: -status) }
    if size != geometry.sizeBytes { return .resized(sizeBytes: size) }
    if let objection = LabelReading.objection(own, medium) { return objection }
    for offset in samples(geometry) {
      let verdict = comparePiece(own, other, offset, geometry)
      if verdict != .same { return verdict }
    }
    return .same
  }

  /// Offsets of the pieces, in ascending order and aligned to the device's blocks.
  static func samples(_ geometry: Geometry) -> [UInt64] {
    let block = UInt64(geometry.blockBytes)
    let piece = max(pieceBytes, block)
    guard geometry.sizeBytes > piece else { return [0] }
    let last = (geometry.sizeBytes - piece) / block * block
    var offsets: [UInt64] = []
    for index in 0...UInt64(count + 1) {
      let scaled = last.multipliedFullWidth(by: index)
      let offset = UInt64(count + 1).dividingFullWidth(scaled).quotient / block * block
      if offsets.last != offset { offsets.append(offset) }
    }
    return offsets
  }

  private static func comparePiece(
    _ own: Int32, _ other: Int32, _ offset: UInt64, _ geometry: Geometry
  ) -> Verdict {
    let length = min(max(pieceBytes, UInt64(geometry.blockBytes)), geometry.sizeBytes - offset)
    var verdict = Verdict.same
    for attempt in 0..<repeats {
      if attempt > 0 { usleep(20_000) }
      let mine = read(own, offset, Int(length))
      guard case .success(let bytes) = mine else { return unreadable(mine) }
      guard other >= 0 else { return .same }
      let theirs = read(other, offset, Int(length))
      guard case .success(let expected) = theirs else {
        // The sibling is sick; that says nothing against this path.
        return .same
      }
      guard let place = bytes.indices.first(where: { bytes[$0] != expected[$0] }) else {
        return .same
      }
      verdict = .different(offset: offset + UInt64(place))
    }
    return verdict
  }

  private struct ReadFailure: Error {
    let errno: Int32
  }

  private static func unreadable(_ result: Result<[UInt8], ReadFailure>) -> Verdict {
    switch result {
    case .success: .same
    case .failure(let failure): .unreadable(errno: failure.errno)
    }
  }

  private static func read(
    _ descriptor: Int32, _ offset: UInt64, _ length: Int
  ) -> Result<[UInt8], ReadFailure> {
    var bytes = [UInt8](repeating: 0, count: length)
    let got = unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe mp_path_read(descriptor, buffer.baseAddress, UInt32(length), offset)
    }
    if got == Int64(length) { return .success(bytes) }
    return .failure(ReadFailure(errno: got < 0 ? Int32(-got) : EIO))
  }
}
