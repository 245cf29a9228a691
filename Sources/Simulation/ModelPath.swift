internal import BlockIO

/// One way to the model medium, with what is wrong with it at present.
struct ModelPath {
  /// Its place in the device's table while it is attached or leaving.
  var index: PathIndex?
  var isLeaving = false
  /// The operator's hold, as the operator remembers it.
  var isHeld = false

  var errorsUntil = Instant.zero
  var lostUntil = Instant.zero
  var slowUntil = Instant.zero
  var hangsUntil = Instant.zero
  /// Lost power: answers ENODEV until it is opened anew.
  var isDead = false
  var showsWrongMedium = false
  /// Attempts and probes in the model, and the attempts among them.
  var outstanding = 0
  var attempts = 0
}

/// One `IORequest` on its way through the model.
struct ModelIO {
  var isInUse = false
  /// Tells the events of an earlier user of the place from those of the present one.
  var generation: UInt32 = 0
  var request: IORequest
  /// The model path it went to, and the request slot it serves (`Simulation.none` for a probe).
  var path: Int
  var slot: UInt32
  /// The stamp a modifying request leaves, 0 otherwise.
  var stamp: UInt64
  var outcome: IOOutcome
  /// Sectors that are really carried out at the landing, from the start of the range.
  var landingSectors: Int
}
