internal import BlockIO
internal import Engine

/// One client: a session, and how many requests it has going.
struct ModelClient {
  let plan: ClientPlan
  var session: UInt32
  var account = SessionAccount()
  var inFlight = 0
  /// The request that found no place; it is asked for again before any other.
  var waiting: Wish?

  init(plan: ClientPlan, session: UInt32) {
    self.plan = plan
    self.session = session
  }

  struct Wish {
    var operation: Operation
    var flags: OperationFlags
    var range: ByteRange
  }
}
