package import BlockIO
package import Multipath

/// Which paths of a scenario are connections to servers, and what comes with that.
package struct NetworkPlan: Sendable {
  /// By path.
  package var isNetwork: [Bool]
  /// How long after a connection's end its changes are kept outstanding. Without a fence nothing lands later.
  package var quietTime: Interval
  package var fence: FencePolicy
  /// The longest that a fence takes, and how many of a hundred succeed while there are faults.
  package var fenceMilliseconds: Int
  package var fenceOdds: Int

  init(pathCount: Int, isFenced: Bool, random: inout RandomSource) {
    let share = random.pick([50, 100])
    isNetwork = (0..<pathCount).map { _ in random.chance(percent: share) }
    isNetwork[0] = true
    quietTime = .milliseconds(UInt64(random.pick([1, 10, 100, isFenced ? 2_000 : 400])))
    fence = FencePolicy(
      isRequired: isFenced, retryFirst: .milliseconds(UInt64(random.within(1...20))),
      retryLongest: .milliseconds(UInt64(random.pick([20, 200]))))
    fenceMilliseconds = random.pick([2, 20, 200])
    fenceOdds = random.pick([20, 60, 100])
  }
}

extension NetworkPlan: CustomStringConvertible {
  package var description: String {
    let places = isNetwork.indices.filter { isNetwork[$0] }.map(String.init)
    let fences =
      fence.isRequired
      ? ", fences of up to \(fenceMilliseconds) ms, \(fenceOdds) of 100 succeed" : ""
    return "paths \(places.joined(separator: ", ")), quiet \(quietTime.milliseconds) ms" + fences
  }
}
