/// `stop`: end a device and its export until the daemon looks for devices anew.
package enum StopMethod: ControlMethod {
  package static let name = "stop"
  package static let access = ControlAccess.changing

  package typealias Params = DeviceEnding
  package typealias Result = Change
}
