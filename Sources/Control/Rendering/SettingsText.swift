/// What `set` can change: for its help, and with the values of a device.
package enum SettingsText {
  /// Each key with its values and what it means, for `mpctl set --help`.
  package static var help: String {
    let device = Setting.all.map { entry("\($0.name)=\($0.value)", $0.help) }
    let path = PathSetting.all.map { entry("\($0.name).PATH=\($0.value)", $0.help) }
    return (device + path).joined(separator: "\n")
  }

  private static func entry(_ head: String, _ help: String) -> String {
    // A little narrower than a terminal, since the help is wrapped once more.
    let lines = WordWrap.lines(help, first: "      ", indent: 6, columnsMax: 76)
    return "  " + head + "\n" + lines.joined(separator: "\n")
  }

  /// The values in force, as they can be given to `set`.
  package static func render(_ device: DeviceStatus) -> String {
    let values = device.settings ?? [:]
    var lines = Setting.all.compactMap { setting in
      values[setting.name].map { "\(setting.name)=\($0)" }
    }
    for (path, label) in zip(device.paths, PathLabels.labels(of: device)) {
      if let priority = path.priority { lines.append("priority.\(label)=\(priority)") }
      if let weight = path.weight { lines.append("weight.\(label)=\(weight)") }
      if path.kind == .nbd, let count = path.connections {
        lines.append("connections.\(label)=\(count)")
      }
    }
    return lines.map { PrintableText.escaped($0) + "\n" }.joined()
  }
}
