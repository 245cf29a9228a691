/// Which device to end, and whether its clients are in the way.
///
/// The name is not optional, so that nothing ends all devices by omission.
package struct DeviceEnding: Codable, Hashable, Sendable {
  package let name: String
  /// True: clients are disconnected; nil or false: a device in use is not ended.
  package let force: Bool?

  package init(name: String, force: Bool = false) {
    self.name = name
    self.force = force ? true : nil
  }
}
