import type { CallRefusal } from "../domain/call.ts";

/** What it was for is over: the decided call ends refused, and the next turn says so. */
export class CallOff extends Error {
  override readonly name = "CallOff";
  readonly reason: CallRefusal;
  constructor(reason: CallRefusal, message: string) {
    super(message);
    this.reason = reason;
  }
}
