public import BasicContainers

/// A caller-owned queue of effects: machines append, the caller drains.
///
/// It keeps its memory between turns, so that it allocates only when a burst is larger than any
/// before (a path that returns to a full no-path queue, say), never per request.
public struct EffectQueue<Effect: BitwiseCopyable>: ~Copyable {
  @usableFromInline
  var storage: UniqueArray<Effect>
  @usableFromInline
  var head = 0

  @inlinable
  public init(capacity: Int) {
    storage = UniqueArray(minimumCapacity: capacity)
  }

  @inlinable
  public var isEmpty: Bool { head == storage.count }

  @inlinable
  public mutating func append(_ effect: Effect) {
    storage.append(effect)
  }

  /// The oldest effect, or nil; the memory is used anew once the queue has run empty.
  @inlinable
  public mutating func next() -> Effect? {
    guard head < storage.count else {
      if head != 0 {
        storage.removeAll(keepingCapacity: true)
        head = 0
      }
      return nil
    }
    defer { head &+= 1 }
    return storage[head]
  }
}
