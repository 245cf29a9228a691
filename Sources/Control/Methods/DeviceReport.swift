/// The devices asked for, sorted by name.
///
/// An object around the array, because an array could never be given another field.
package struct DeviceReport: Codable, Hashable, Sendable {
  package let devices: [DeviceStatus]
  /// Names of devices that an operator has stopped; nil when there are none, or one device was asked for.
  package let stopped: [String]?

  package init(devices: [DeviceStatus], stopped: [String] = []) {
    self.devices = devices
    self.stopped = stopped.isEmpty ? nil : stopped
  }
}
