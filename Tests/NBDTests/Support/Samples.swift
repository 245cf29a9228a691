import NBD

/// Exports where only one thing matters.
enum Samples {
  static func export(name: String = "x", description: String = "") -> ExportDescription {
    ExportDescription(
      name: name, description: description, sizeBytes: 4096, minimumBlockBytes: 1,
      preferredBlockBytes: 512, maximumPayloadBytes: 1 << 20, flags: [])
  }
}
