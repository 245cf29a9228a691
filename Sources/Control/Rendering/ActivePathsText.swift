/// The line of `mpctl getactive`, which is gmultipath's.
package enum ActivePathsText {
  /// The paths in state ACTIVE, newest attached first as gmultipath keeps them, or `none`.
  package static func render(_ device: DeviceStatus) -> String {
    let labels = zip(device.paths, PathLabels.labels(of: device)).reversed()
    let active = labels.filter { $0.0.state == .active }.map { $0.1 }
    return (active.isEmpty ? "none" : active.joined(separator: " ")) + "\n"
  }
}
