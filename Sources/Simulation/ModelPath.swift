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
  /// A connection to a server. Its end is `isDead`.
  var isNetwork = false
  /// Changes that its server may still carry out although their connection has ended.
  var lateChanges = 0
  /// Went out of service by itself, and when; nil once it is back.
  var leftAt: Instant?
  /// A change of an ended connection was given back without a fence.
  var isUnproven = false
  /// When a change last ended on it, and up to when flushes and fences have emptied its cache, in ticks.
  var changedAt: UInt64 = 0
  var emptiedAt: UInt64 = 0
  /// Attempts and probes in the model, and the attempts among them.
  var outstanding = 0
  var attempts = 0
  /// When it last answered anything, and when it was last found to be stalled.
  var answeredAt = Instant.zero
  var stalledAt = Instant.zero
  /// Since when it has been usable without a break, or nil.
  var usableSince: Instant?
  /// Until when it may take longer than an undisturbed path does.
  var disturbedUntil = Instant.zero
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
  /// Tells whether the slot is still that request's.
  var slotGeneration: UInt32 = 0
  var isProbe = false
  var issuedAt = Instant.zero
  /// The stamp a modifying request leaves, 0 otherwise.
  var stamp: UInt64
  var outcome: IOOutcome
  /// Sectors that are really carried out at the landing, from the start of the range.
  var landingSectors: Int
  var hasLanded = false
  /// Its connection has ended: it is answered then, and lands by itself no more.
  var cutUntil: Instant?
  /// A fence has made sure that it can do nothing.
  var isFenced = false
  /// FLUSH only: the tick of its issue.
  var tick: UInt64 = 0
  /// Another attempt of its request was issued while it was outstanding, or the request is over: it has
  /// become a ghost if it changes anything.
  var isLeftBehind = false
}
