// The little of the runtime's own module that the peer calls. Types only.
declare module "cloudflare:workers" {
  interface Storage {
    kv: { get<T>(key: string): T | undefined; put(key: string, value: unknown): void };
    setAlarm(at: number): Promise<void>;
    deleteAll(): Promise<void>;
  }
  export class DurableObject {
    readonly ctx: { storage: Storage };
  }
}
