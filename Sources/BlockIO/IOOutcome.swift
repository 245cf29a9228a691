/// How one attempt ended.
public enum IOOutcome: Hashable, Sendable, BitwiseCopyable {
  case success
  /// The kernel's errno, positive.
  case failure(errno: Int32)

  @inlinable
  public var errno: Int32 {
    switch self {
    case .success: 0
    case .failure(let errno): errno
    }
  }

  /// What an errno says about the path that returned it.
  public var verdict: ErrorVerdict {
    switch self {
    case .success: .none
    case .failure(let errno): ErrorVerdict(errno: errno)
    }
  }
}

/// What an errno says about the path that returned it.
public enum ErrorVerdict: Hashable, Sendable, BitwiseCopyable {
  /// No error.
  case none
  /// The medium or the target answered: another path would say the same. The path stays in service.
  case target
  /// The path failed to carry the request, or says EIO, which may also be the medium speaking: try
  /// another path, and believe in a medium error only when every path says it.
  case doubtful
  /// The path itself is gone; the medium has said nothing.
  case lost

  /// The split follows the kernel's `blk_errors` table (block/blk-core.c) and
  /// `blk_path_error` (include/linux/blk_types.h), extended by the socket errors of network paths.
  public init(errno: Int32) {
    switch errno {
    case 0: self = .none
    case Errno.eio, Errno.etimedout, Errno.eagain, Errno.ecanceled, Errno.enomem: self = .doubtful
    case Errno.enxio, Errno.enodev, Errno.enolink, Errno.epipe, Errno.econnreset,
      Errno.enotconn, Errno.eshutdown, Errno.econnrefused, Errno.econnaborted,
      Errno.ehostunreach, Errno.ehostdown, Errno.enetdown, Errno.enetunreach, Errno.estale,
      Errno.ebadf:
      self = .lost
    default: self = .target
    }
  }
}

/// The errno values that pure code names, as Linux numbers them on every architecture it shares
/// with asm-generic/errno.h (alpha, mips, parisc and sparc differ and are not supported).
public enum Errno {
  public static let eperm: Int32 = 1
  public static let eio: Int32 = 5
  public static let enxio: Int32 = 6
  public static let ebadf: Int32 = 9
  public static let eagain: Int32 = 11
  public static let enomem: Int32 = 12
  public static let enodev: Int32 = 19
  public static let einval: Int32 = 22
  public static let efbig: Int32 = 27
  public static let enospc: Int32 = 28
  public static let erofs: Int32 = 30
  public static let epipe: Int32 = 32
  public static let ebade: Int32 = 52
  public static let enodata: Int32 = 61
  public static let enolink: Int32 = 67
  public static let eoverflow: Int32 = 75
  public static let eilseq: Int32 = 84
  public static let eopnotsupp: Int32 = 95
  public static let enetdown: Int32 = 100
  public static let enetunreach: Int32 = 101
  public static let econnaborted: Int32 = 103
  public static let econnreset: Int32 = 104
  public static let enotconn: Int32 = 107
  public static let eshutdown: Int32 = 108
  public static let etimedout: Int32 = 110
  public static let econnrefused: Int32 = 111
  public static let ehostdown: Int32 = 112
  public static let ehostunreach: Int32 = 113
  public static let estale: Int32 = 116
  public static let eremoteio: Int32 = 121
  public static let edquot: Int32 = 122
  public static let ecanceled: Int32 = 125
}
