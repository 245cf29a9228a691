public import BlockIO
public import Multipath

/// What an engine wants done, in order.
public enum EngineEffect: Sendable, BitwiseCopyable {
  /// Execute; answer with `completed`.
  case io(IORequest)
  /// The reply to request `slot` is ready; answer with `replySent` once it is out.
  case reply(slot: UInt32)
  /// Compare the path with its siblings; answer with `identityChecked`.
  case checkIdentity(path: PathIndex, generation: UInt32)
  /// Cut the path off; answer with the machine's `fenceFinished`.
  case fence(path: PathIndex, generation: UInt32)
  /// A removed path is quiet; its descriptor can be closed.
  case drained(path: PathIndex)
  case event(MultipathEvent)
}
