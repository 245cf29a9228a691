/// Every method of the protocol, in the order the documentation lists them.
package enum Methods {
  package static let all: [any ControlMethod.Type] = [
    CreateMethod.self,
    LabelMethod.self,
    AddMethod.self,
    RemoveMethod.self,
    FailMethod.self,
    RestoreMethod.self,
    SetMethod.self,
    PreferMethod.self,
    RotateMethod.self,
    FailQueuedMethod.self,
    ResizeMethod.self,
    StopMethod.self,
    DestroyMethod.self,
    ClearMethod.self,
    DumpMethod.self,
    RescanMethod.self,
    AttachMethod.self,
    DetachMethod.self,
    ExportMethod.self,
    UnexportMethod.self,
    ListMethod.self,
    StatusMethod.self,
    StatsMethod.self,
    PathsMethod.self,
    EventsMethod.self,
    SubscribeMethod.self,
    ExplainMethod.self,
    TraceMethod.self,
    UpgradeMethod.self,
    VersionMethod.self,
  ]

  /// The method that a request names, after its version was judged.
  ///
  /// The version comes first: in another version the same word may mean something else.
  package static func method(
    for header: RequestHeader
  ) throws(ControlError) -> any ControlMethod.Type {
    guard header.version == Wire.version else {
      throw ControlError(
        .unsupportedVersion,
        "protocol version \(header.version) is not supported, this daemon speaks \(Wire.version)",
        hint: "use the mpctl that was installed together with this mpathd")
    }
    guard let method = all.first(where: { $0.name == header.method }) else {
      throw ControlError(
        .unknownMethod, "there is no method \(PrintableText.escaped(header.method))",
        hint: "the methods are: " + all.map { $0.name }.joined(separator: ", "))
    }
    return method
  }
}
