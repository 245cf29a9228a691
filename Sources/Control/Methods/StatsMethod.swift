/// `stats`: counters since each device was made and since the daemon started.
package enum StatsMethod: ControlMethod {
  package static let name = "stats"
  package static let access = ControlAccess.reading

  package typealias Params = DeviceSelection

  /// Counters of the devices asked for and of the whole daemon.
  package struct Result: Codable, Hashable, Sendable {
    package let devices: [DeviceStats]
    /// Client requests that the daemon has finished, over all devices, also those now gone.
    package let requests: UInt64
    /// Calls of malloc since the start; nil unless the daemon was started with a counter.
    package let allocations: UInt64?

    package init(devices: [DeviceStats], requests: UInt64, allocations: UInt64? = nil) {
      self.devices = devices
      self.requests = requests
      self.allocations = allocations
    }
  }
}
