/// How the work that a mode shares is spread over the paths.
package enum SpreadRule: String, CaseIterable, Codable, Sendable {
  case activeActive = "active-active"
  case roundRobin = "round-robin"
  case queueLength = "queue-length"
  case serviceTime = "service-time"
  case latency
}
