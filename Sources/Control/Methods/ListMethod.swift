/// `list`: every fact about the devices.
package enum ListMethod: ControlMethod {
  package static let name = "list"
  package static let access = ControlAccess.reading

  package typealias Params = DeviceSelection
  package typealias Result = DeviceReport
}
