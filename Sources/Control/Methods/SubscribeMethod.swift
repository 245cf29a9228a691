/// `subscribe`: the connection becomes a stream of events.
///
/// The answer comes first, then one `StreamLine` per event, beginning with those that are remembered.
package enum SubscribeMethod: ControlMethod {
  package static let name = "subscribe"
  package static let access = ControlAccess.reading

  package typealias Params = EventsMethod.Params
  package typealias Result = Change
}
