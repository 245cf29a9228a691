/// The names under which a device's paths are shown.
package enum PathLabels {
  /// Short names, or full names where two paths share a short one: what is shown can be typed.
  package static func labels(of paths: [(name: String, path: String)]) -> [String] {
    paths.map { path in
      let isUnique = paths.count { $0.name == path.name } == 1
      return PrintableText.escaped(isUnique ? path.name : path.path)
    }
  }

  static func labels(of device: DeviceStatus) -> [String] {
    labels(of: device.paths.map { ($0.name, $0.path) })
  }
}
