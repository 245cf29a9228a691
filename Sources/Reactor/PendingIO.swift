internal import BlockIO

/// An `IORequest` on its way through the ring, from its first SQE to its completion.
///
/// One request may take several SQEs: a short transfer goes on where it stopped, zeroing that the file
/// system cannot do is written out, a durable discard is followed by a flush.
struct PendingIO: BitwiseCopyable {
  enum Step: UInt8, BitwiseCopyable {
    case idle
    case transfer
    case flush
    case zero
    case writeZeroes
  }

  var step = Step.idle
  var retries: UInt8 = 0
  /// Handed to a kernel worker, because the path's file system may block, or after an EAGAIN.
  var usesWorker = false
  var doneBytes: UInt64 = 0
  var request = IORequest(
    token: Token(rawValue: 0), path: PathIndex(0), operation: .flush, flags: [], range: .empty,
    buffer: .none)

  /// What the present step asks of a server.
  var wireOperation: Operation {
    switch step {
    case .idle: preconditionFailure("a step of an idle place")
    case .transfer, .zero: request.operation
    case .flush: .flush
    case .writeZeroes: .write
    }
  }

  /// The present step may change the medium.
  var isChange: Bool { step != .idle && wireOperation.modifies }

  /// The whole may take as long as the medium likes.
  var isSlow: Bool {
    switch request.operation {
    case .flush, .discard, .writeZeroes: true
    case .read, .write: false
    }
  }
}
