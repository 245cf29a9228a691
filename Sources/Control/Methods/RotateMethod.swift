/// `rotate`: the next usable path becomes the active one.
package enum RotateMethod: ControlMethod {
  package static let name = "rotate"
  package static let access = ControlAccess.changing

  package typealias Params = OneDevice
  package typealias Result = Change
}
