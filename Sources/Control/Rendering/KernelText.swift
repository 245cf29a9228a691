/// The line of `mpctl status` on a device's place in the kernel.
enum KernelText {
  static func line(_ device: String, _ kernel: KernelDeviceStatus) -> String {
    let place = kernel.device ?? "no kernel device yet"
    var text = "\(PrintableText.escaped(device)): \(place)"
    switch kernel.link {
    case .up where kernel.connections == 1: break
    case .up where kernel.connectionsUp == kernel.connections:
      text += ", \(kernel.connections) connections"
    case .up: text += ", \(kernel.connectionsUp) of \(kernel.connections) connections"
    case .connecting: text += ", being connected; requests wait up to \(kernel.deadConnSeconds) s"
    case .detaching: text += ", being detached"
    }
    if !kernel.mounts.isEmpty {
      text += ", used at " + kernel.mounts.map { PrintableText.escaped($0) }.joined(separator: ", ")
    }
    if !kernel.holders.isEmpty {
      text += ", held by " + kernel.holders.joined(separator: ", ")
    }
    return text
  }
}
