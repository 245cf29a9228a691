/// Why a device's paths were left, and by which thresholds they would be now.
package struct Explanation: Codable, Hashable, Sendable {
  package let name: String
  package let settings: [String: String]
  package let paths: [PathThresholds]
  /// Oldest first.
  package let decisions: [DecisionFacts]
  /// Whether the paths share a cache, and why the daemon thinks so.
  package let cache: CacheFacts?

  package init(
    name: String, settings: [String: String], paths: [PathThresholds], decisions: [DecisionFacts],
    cache: CacheFacts? = nil
  ) {
    self.name = name
    self.settings = settings
    self.paths = paths
    self.decisions = decisions
    self.cache = cache
  }
}
