/// `destroy`: end a device and its export, and forget it.
///
/// The paths' bytes stay as they are, except for the label of a device that has one.
package enum DestroyMethod: ControlMethod {
  package static let name = "destroy"
  package static let access = ControlAccess.changing

  package typealias Params = DeviceEnding
  package typealias Result = Change
}
