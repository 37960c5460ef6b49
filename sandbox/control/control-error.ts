/** A control request that cannot be carried out: its status, why, and what else the caller should know. */
export class ControlError extends Error {
  override readonly name = "ControlError";
  readonly status: number;
  readonly more: Record<string, unknown>;

  constructor(status: number, message: string, more: Record<string, unknown> = {}) {
    super(message);
    this.status = status;
    this.more = more;
  }
}
