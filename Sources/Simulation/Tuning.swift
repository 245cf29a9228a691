internal import BlockIO
package import Multipath

/// What an operator may change while a device is in use, and what it starts with.
package struct Tuning: Sendable {
  package var stall: StallPolicy
  package var hedge: HedgePolicy
  package var failback: Failback
  package var selector: String
  /// By path.
  package var priorities: [UInt8]
  package var weights: [UInt32]

  init(pathCount: Int, random: inout RandomSource) {
    stall = Self.drawStall(&random)
    hedge = Self.drawHedge(&random)
    failback = Self.drawFailback(&random)
    selector = Self.drawSelector(&random)
    let groups = random.pick([1, 1, 2, 3])
    priorities = (0..<pathCount).map { _ in UInt8(random.below(groups)) }
    weights = (0..<pathCount).map { _ in UInt32(random.pick([1, 1, 2, 100])) }
  }

  static func drawStall(_ random: inout RandomSource) -> StallPolicy {
    StallPolicy(
      mode: random.chance(percent: 75) ? .quarantine : .strict,
      floor: .milliseconds(UInt64(random.pick([5, 10, 20, 50]))),
      factor: UInt64(random.pick([1, 4, 8])),
      ceiling: .milliseconds(UInt64(random.pick([50, 200, 2_000]))),
      ghostsMax: random.pick([0, 1, 2, 8, 128]),
      holdTimeout: .milliseconds(UInt64(random.pick([5, 50, 500, 60_000]))))
  }

  static func drawHedge(_ random: inout RandomSource) -> HedgePolicy {
    HedgePolicy(
      percent: UInt32(random.pick([0, 0, 2, 10, 100])),
      floor: .microseconds(UInt64(random.pick([50, 200, 1_000]))),
      burst: UInt32(random.pick([1, 4, 32])))
  }

  static func drawFailback(_ random: inout RandomSource) -> Failback {
    random.chance(percent: 50)
      ? .manual : .after(.milliseconds(UInt64(random.pick([0, 10, 100]))))
  }

  static func drawSelector(_ random: inout RandomSource) -> String {
    random.pick(SelectorKind.all.filter(\.spreads).map(\.name))
  }
}

extension Tuning: CustomStringConvertible {
  package var description: String {
    let back: String
    switch failback {
    case .manual: back = "manual"
    case .after(let wait): back = "after \(wait.milliseconds) ms"
    }
    return """
        stalls    \(stall.mode.word), floor \(stall.floor.milliseconds) ms, factor \(stall.factor), \
      ceiling \(stall.ceiling.milliseconds) ms, \(stall.ghostsMax) ghosts, \
      held up to \(stall.holdTimeout.milliseconds) ms
        selector  \(selector), weights \(weights), priorities \(priorities), failback \(back)
        hedging   \(hedge.percent) percent, floor \(hedge.floor.nanoseconds / 1_000) us, \
      burst \(hedge.burst)
      """
  }
}
