internal import BlockIO

/// A run of inputs, in the form in which a trace holds them: for each its instant, itself, and 32 bits of
/// the digest of its outcome.
public struct TraceChunk: Sendable {
  /// Inputs of the trace before these.
  let first: UInt64
  /// How many they are.
  public private(set) var count = 0
  /// The instant to which the first one's refers.
  let base: Instant
  private(set) var content = TraceBytes()
  private var latest: Instant

  /// Full when it has this many bytes; the last input may stand over by a little.
  public static let bytesMax = 64 << 10

  init(first: UInt64, base: Instant) {
    self.first = first
    self.base = base
    latest = base
    content.bytes.reserveCapacity(Self.bytesMax + 512)
  }

  public var byteCount: Int { content.bytes.count }

  mutating func append(_ input: MachineInput, at now: Instant, digest: UInt32) {
    content.append(signed: Int64(bitPattern: now.nanoseconds &- latest.nanoseconds))
    input.write(to: &content)
    content.append(word: digest)
    latest = now
    count += 1
  }
}

/// Why a trace ended.
public enum TraceEnding: UInt8, Sendable {
  /// Its time was over, or its client wanted no more.
  case asked
  /// It has as many bytes as it may have.
  case full
  /// Whoever takes it was too slow, and the machine does not wait.
  case tooSlow
  /// The device was destroyed, or the daemon ends.
  case deviceGone
  /// Something was done to the machine that no input stands for.
  case unrecorded
}

/// How a trace ended, and how much there was.
public struct TraceSummary: Sendable, Hashable {
  public let ending: TraceEnding
  /// Inputs in the trace.
  public let inputs: UInt64
  /// Inputs that happened and are not in it.
  public let missing: UInt64

  public init(ending: TraceEnding, inputs: UInt64, missing: UInt64) {
    self.ending = ending
    self.inputs = inputs
    self.missing = missing
  }
}
