internal import BlockIO

/// Spreads tries that would otherwise come together: many paths lose one server at the same moment.
struct Jitter {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  /// Between three quarters of a wait and all of it.
  mutating func shorten(_ wait: Interval) -> Interval {
    // SplitMix64.
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    mixed ^= mixed >> 31
    let quarter = wait.nanoseconds / 4
    return Interval(nanoseconds: wait.nanoseconds - (quarter == 0 ? 0 : mixed % (quarter + 1)))
  }
}
