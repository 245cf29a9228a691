/// A seeded generator (xoshiro256**, seeded by SplitMix64): the only source of chance in a simulation.
///
/// It draws through its own methods rather than the standard library's, whose way from bits to a number
/// may change with a compiler and would then change what an old seed means.
package struct RandomSource: Sendable {
  private var words: (UInt64, UInt64, UInt64, UInt64)

  package init(seed: UInt64) {
    var state = seed
    func mix() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var word = state
      word = (word ^ (word &>> 30)) &* 0xbf58_476d_1ce4_e5b9
      word = (word ^ (word &>> 27)) &* 0x94d0_49bb_1331_11eb
      return word ^ (word &>> 31)
    }
    words = (mix(), mix(), mix(), mix())
  }

  package mutating func next() -> UInt64 {
    let scrambled = Self.rotate(words.1 &* 5, 7) &* 9
    let shifted = words.1 &<< 17
    words.2 ^= words.0
    words.3 ^= words.1
    words.1 ^= words.2
    words.0 ^= words.3
    words.2 ^= shifted
    words.3 = Self.rotate(words.3, 45)
    return scrambled
  }

  private static func rotate(_ word: UInt64, _ count: UInt64) -> UInt64 {
    (word &<< count) | (word &>> (64 &- count))
  }

  /// A number in 0..<bound; `bound` is positive.
  package mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0)
    return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// A number in `range`.
  package mutating func within(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + below(range.count)
  }

  package mutating func chance(percent: Int) -> Bool { below(100) < percent }

  /// One of `choices`, which is not empty.
  package mutating func pick<Choice>(_ choices: [Choice]) -> Choice {
    choices[below(choices.count)]
  }
}
