internal import BlockIO

/// The file of devices that were made without a label; the bytes only, the daemon does the I/O.
package enum StateFile {
  package static let version = 1
  /// Far more than any number of devices needs; a longer file is not ours.
  package static let bytesMax = 16 << 20

  /// The file's bytes: indented, since an operator will read them on a bad day.
  package static func encode(
    _ devices: [DeviceSpecification]
  ) throws(ControlError) -> [UInt8] {
    let text = try Wire.json(Contents(devices: devices, version: version))
    return Array(text.utf8) + [LineFramer.lineFeed]
  }

  /// The devices in the file, or why it cannot be believed.
  package static func decode(_ bytes: [UInt8]) throws(StateFileError) -> [DeviceSpecification] {
    guard bytes.count <= bytesMax else {
      throw .damaged("it is longer than \(bytesMax) bytes")
    }
    // The version alone first: of a newer file nothing else may be taken for granted.
    let header = try read(Header.self, bytes)
    guard header.version == version else { throw .unknownVersion(header.version) }
    let devices = try read(Contents.self, bytes).devices
    var names: Set<String> = []
    for device in devices {
      try check(device)
      guard names.insert(device.name).inserted else {
        throw .damaged("the device \(device.name) is in it twice")
      }
    }
    return devices
  }

  private static func read<Value: Decodable>(
    _ type: Value.Type, _ bytes: [UInt8]
  ) throws(StateFileError) -> Value {
    do throws(ControlError) {
      return try Wire.decode(type, from: bytes, what: "content")
    } catch {
      throw .damaged(error.message)
    }
  }

  /// Checks by the rules that `create` has, as the file is an input like any other.
  private static func check(_ device: DeviceSpecification) throws(StateFileError) {
    let params = CreateMethod.Params(
      name: device.name, mode: device.mode, paths: device.paths.map { $0.path },
      options: device.options)
    do throws(ControlError) {
      try params.check()
      _ = try device.currentSettings()
    } catch {
      throw .damaged(error.message)
    }
    let geometry = Geometry(sizeBytes: device.sizeBytes, blockBytes: device.blockBytes)
    guard geometry != nil else {
      throw .damaged(
        "the device \(device.name) cannot have \(device.sizeBytes) bytes "
          + "in blocks of \(device.blockBytes)")
    }
  }

  private struct Header: Codable {
    let version: Int
  }

  private struct Contents: Codable {
    let devices: [DeviceSpecification]
    let version: Int
  }
}
