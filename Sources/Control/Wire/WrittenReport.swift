/// A `DeviceReport` whose devices have been written already, each as a line.
package struct WrittenReport: Sendable {
  package let devices: [[UInt8]]
  /// As in `DeviceReport`.
  package let stopped: [String]

  package init(devices: [[UInt8]], stopped: [String] = []) {
    self.devices = devices
    self.stopped = stopped
  }
}
