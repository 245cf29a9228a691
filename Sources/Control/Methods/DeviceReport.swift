/// The devices asked for, sorted by name.
///
/// An object around the array, because an array could never be given another field.
package struct DeviceReport: Codable, Hashable, Sendable {
  package let devices: [DeviceStatus]

  package init(devices: [DeviceStatus]) {
    self.devices = devices
  }
}
