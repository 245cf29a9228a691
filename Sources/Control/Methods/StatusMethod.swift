/// `status`: how the devices are.
///
/// The same facts as `list`, under the name operators know.
package enum StatusMethod: ControlMethod {
  package static let name = "status"
  package static let access = ControlAccess.reading

  package typealias Params = DeviceSelection
  package typealias Result = DeviceReport
}
