import {
  CancellationScope,
  condition,
  currentUpdateInfo,
  log,
  setDefaultSignalHandler,
  setHandler,
} from "@temporalio/workflow";
import type { Outcome, Parameters } from "../domain/command.ts";
import {
  type AskedBy,
  type AskedCommand,
  type CommandReply,
  cancel,
  cancelAtPeriodEnd,
  change,
  checkout,
  extendGrace,
  pause,
  resume,
  resync,
  retryPayment,
  uncancel,
  unpark,
  wake,
} from "./contract.ts";
import type { Run } from "./run.ts";
import { checkAskedBy, checkAskedChange, checkAskedExtension, checkCheckoutId } from "./validate.ts";

/** What an operator may send by hand. */
const byHand = (description: string) => ({ description, validator: checkAskedBy });

/** Handlers only take note; the one loop acts. They never throw: a refusal is an answer. */
export function listen(run: Run): void {
  const look = (): void => {
    run.dirty = true;
  };
  setHandler(wake, look, { description: "Look again at the provider" });
  setDefaultSignalHandler((name) => {
    log.warn("unknown signal, taken for a wake", { name });
    look();
  });
  setHandler(checkout, ({ id }) => submit(run, "checkout", { id, by: "api" }), {
    description: "Open the checkout; sent by the API",
    validator: checkCheckoutId,
  });
  setHandler(
    cancel,
    (asked) => submit(run, "cancel", asked),
    byHand('End the subscription at the provider now: {"by": "your name", "why": "…"}'),
  );
  setHandler(
    cancelAtPeriodEnd,
    (asked) => submit(run, "cancel_at_period_end", asked),
    byHand('Let it run until its period ends, and no longer: {"by": "your name", "why": "…"}'),
  );
  setHandler(
    uncancel,
    (asked) => submit(run, "uncancel", asked),
    byHand('Take an arranged end back: {"by": "your name", "why": "…"}'),
  );
  setHandler(
    pause,
    (asked) => submit(run, "pause", asked),
    byHand('Collect nothing and give no access until it is resumed: {"by": "your name", "why": "…"}'),
  );
  setHandler(
    resume,
    (asked) => submit(run, "resume", asked),
    byHand('Go on after a pause: {"by": "your name"}'),
  );
  setHandler(
    retryPayment,
    (asked) => submit(run, "retry_payment", asked),
    byHand('Try to collect the open invoice now: {"by": "your name"}'),
  );
  setHandler(
    change,
    ({ tier, interval, quantity, at, ...asked }) =>
      submit(run, "change", asked, {
        ...(tier === undefined ? {} : { tier }),
        ...(interval === undefined ? {} : { interval }),
        ...(quantity === undefined ? {} : { quantity }),
        ...(at === undefined ? {} : { at }),
      }),
    {
      description:
        'Another tier, interval or quantity, the difference invoiced at once: {"by": "your name", "tier": "…", ' +
        '"interval": "month or year", "quantity": 1}; with "at": "period_end" when the period ends instead',
      validator: checkAskedChange,
    },
  );
  setHandler(extendGrace, ({ days, ...asked }) => submit(run, "extend_grace", asked, { days }), {
    description:
      'Put the end of an overdue customer\'s access off: {"by": "your name", "days": 10, "why": "…"}',
    validator: checkAskedExtension,
  });
  setHandler(
    resync,
    (asked) => submit(run, "resync", asked),
    byHand('Read the provider\'s truth now: {"by": "your name"}'),
  );
  setHandler(
    unpark,
    (asked) => submit(run, "unpark", asked),
    byHand('Try parked events again and clear the need for attention: {"by": "your name"}'),
  );
}

/** Takes the command down for the next turn and waits for its answer. */
function submit(
  run: Run,
  kind: AskedCommand["kind"],
  { by, why, ...asked }: AskedBy,
  parameters?: Parameters,
): Promise<CommandReply> {
  const updateId = currentUpdateInfo()?.id ?? "";
  const id = asked.id ?? updateId;
  if (!run.asked.some((command) => command.id === id)) {
    run.asked.push({ id, kind, by, why: why ?? null, ...(parameters === undefined ? {} : { parameters }) });
  }
  run.waiting.set(updateId, id);
  run.dirty = true;
  // A click on "Cancel" in the Web UI would make every command after it fail (see subscription.ts).
  return CancellationScope.nonCancellable(async () => {
    await condition(() => run.replies.has(updateId));
    const answer = run.replies.get(updateId);
    run.replies.delete(updateId);
    return answer ?? { state: "pending", what: KEPT };
  });
}

/** Why a command has no answer yet. */
export const AWAY = "The provider or the database is away; the command is kept";
export const UNSEEN = "Done at the provider, which does not show it yet; the command is kept";
export const KEPT = "Much is going on; the command is kept";

/** Gives the answers that Postgres holds to those who wait for them. */
export function reply(
  run: Run,
  answers: readonly { readonly commandId: string; readonly outcome: Outcome }[],
): void {
  for (const [updateId, id] of run.waiting) {
    const answer = answers.find(({ commandId }) => commandId === id);
    if (answer !== undefined) answerOne(run, updateId, answer.outcome);
  }
}

/** Lets those go who wait for one of these commands: it is kept, and they may ask again with its id. */
export function replyPending(run: Run, commandIds: readonly string[], what: string): void {
  for (const [updateId, id] of run.waiting) {
    if (commandIds.includes(id)) answerOne(run, updateId, { state: "pending", what });
  }
}

function answerOne(run: Run, updateId: string, answer: CommandReply): void {
  run.waiting.delete(updateId);
  run.replies.set(updateId, answer);
}
