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
    case unreadable(PathTrouble)
    /// The server did not take a connection for the comparison, which says nothing about the path's own.
    case unreachable(PathTrouble)

    /// What kept the path from being compared; nil when it was.
    var trouble: PathTrouble? {
      switch self {
      case .same, .different, .resized, .mislabelled: nil
      case .unreadable(let trouble), .unreachable(let trouble): trouble
      }
    }

    /// The path leads elsewhere, as opposed to nowhere.
    var isAnotherMedium: Bool {
      switch self {
      case .different, .resized, .mislabelled: true
      case .same, .unreadable, .unreachable: false
      }
    }
  }

  /// Samples of the medium: its first and last piece and `count` between them.
  private static let count = 30
  private static let pieceBytes: UInt64 = 4096
  /// A piece may change between the two reads when the device is in use; then it is read again.
  private static let repeats = 5

  /// How long servers may take for all of it.
  private static let patienceMilliseconds: Int64 = 8000

  /// Compares on a thread of its own; without a reference only the path itself is read. Descriptors are
  /// duplicated first, so that the caller may close its own.
  static func start(
    path: MediumSource, reference: MediumSource?, medium: Medium,
    _ deliver: @escaping @Sendable (Verdict) -> Void
  ) {
    let own = KeptSource(path)
    let other = reference.map { KeptSource($0) }
    let isStarted = HelperThreads.start("mpath-compare") { deliver(compare(own, other, medium)) }
    if !isStarted {
      own.drop()
      other?.drop()
      deliver(.unreadable(.unreadable(errno: EAGAIN)))
    }
  }

  private static func compare(_ own: KeptSource, _ other: KeptSource?, _ medium: Medium) -> Verdict
  {
    let geometry = medium.geometry
    let deadline = ServerConnection.deadline(milliseconds: patienceMilliseconds)
    let mine: any SampleReader
    // A sibling that cannot be read is sick; that says nothing against this path.
    let theirs = try? other?.reader(deadline: deadline)
    do throws(PathTrouble) {
      mine = try own.reader(deadline: deadline)
    } catch {
      guard case .server = own.source else { return .unreadable(error) }
      return .unreachable(error)
    }
    do throws(PathTrouble) {
      let size = try mine.sizeBytes()
      if size != medium.shownBytes ?? geometry.sizeBytes { return .resized(sizeBytes: size) }
      if let objection = try LabelReading.objection(mine, medium) { return objection }
      for offset in samples(geometry) {
        let verdict = try comparePiece(mine, theirs, offset, geometry)
        if verdict != .same { return verdict }
      }
      return .same
    } catch {
      return .unreadable(error)
    }
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
    _ own: any SampleReader, _ other: (any SampleReader)?, _ offset: UInt64, _ geometry: Geometry
  ) throws(PathTrouble) -> Verdict {
    let length = Int(min(max(pieceBytes, UInt64(geometry.blockBytes)), geometry.sizeBytes - offset))
    var verdict = Verdict.same
    for attempt in 0..<repeats {
      if attempt > 0 { usleep(20_000) }
      let bytes = try own.read(offset, length)
      guard let expected = try? other?.read(offset, length) else { return .same }
      guard let place = bytes.indices.first(where: { bytes[$0] != expected[$0] }) else {
        return .same
      }
      verdict = .different(offset: offset + UInt64(place))
    }
    return verdict
  }
}
