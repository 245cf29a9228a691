import BlockIO

/// The errors that may appear on the wire; their numbers are the protocol's, whatever the host's.
public enum NBDError: UInt32, Error, Sendable, CaseIterable, BitwiseCopyable {
  case notPermitted = 1
  case inputOutput = 5
  case outOfMemory = 12
  case invalid = 22
  case noSpace = 28
  case overflow = 75
  case notSupported = 95
  case shutdown = 108

  /// What a host's errno becomes on the wire.
  ///
  /// Everything without a word of its own is EIO, and so is 0: a success that arrives here is a
  /// mistake that must not look like one.
  public init(errno: Int32) {
    switch errno {
    case Errno.eperm, Errno.erofs: self = .notPermitted
    case Errno.enomem: self = .outOfMemory
    case Errno.einval: self = .invalid
    case Errno.enospc, Errno.edquot, Errno.efbig: self = .noSpace
    case Errno.eoverflow: self = .overflow
    case Errno.eopnotsupp: self = .notSupported
    case Errno.eshutdown: self = .shutdown
    default: self = .inputOutput
    }
  }

  /// Room for every sentence below.
  @inlinable
  static var sentenceBytesMax: Int { 42 }

  /// What a structured reply adds to the number, for people.
  @inlinable
  var sentence: StaticString {
    switch self {
    case .notPermitted: "the export is read-only"
    case .inputOutput: "no path could carry it out"
    case .outOfMemory: "there is no memory for it"
    case .invalid: "illegal command, flags, place or length"
    case .noSpace: "it reaches beyond the end"
    case .overflow: "it is too long"
    case .notSupported: "it would not be fast"
    case .shutdown: "the server is about to end"
    }
  }

  /// What an error from the wire becomes on this host.
  ///
  /// A number outside the protocol becomes EIO: it says nothing about the medium, so that another
  /// path is worth a try.
  public static func errno(wireValue: UInt32) -> Int32 {
    switch NBDError(rawValue: wireValue) {
    case .notPermitted: Errno.eperm
    case .inputOutput, nil: Errno.eio
    case .outOfMemory: Errno.enomem
    case .invalid: Errno.einval
    case .noSpace: Errno.enospc
    case .overflow: Errno.eoverflow
    case .notSupported: Errno.eopnotsupp
    case .shutdown: Errno.eshutdown
    }
  }
}
