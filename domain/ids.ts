declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** Ours, a UUID; the same for the checkout's workflow and for the subscription that it becomes. */
export type SubscriptionId = Branded<"SubscriptionId">;
/** Ours, a UUID. */
export type CustomerId = Branded<"CustomerId">;
/** Ours, a UUID; also the id of the command that opens the provider's session. */
export type CheckoutId = Branded<"CheckoutId">;
/** The caller's own stable name for its customer. Never an e-mail address (R10). */
export type Receipt = Branded<"Receipt">;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const isSubscriptionId = (text: string): text is SubscriptionId => UUID.test(text);
const isCustomerId = (text: string): text is CustomerId => UUID.test(text);
const isCheckoutId = (text: string): text is CheckoutId => UUID.test(text);
const isReceipt = (text: string): text is Receipt => /^[^\s@]{1,200}$/.test(text);

/** @throws TypeError when the text is no lower-case UUID. */
export const subscriptionId = (text: string): SubscriptionId =>
  checked(text, isSubscriptionId, "subscription id");
/** @throws TypeError when the text is no lower-case UUID. */
export const customerId = (text: string): CustomerId => checked(text, isCustomerId, "customer id");
/** @throws TypeError when the text is no lower-case UUID. */
export const checkoutId = (text: string): CheckoutId => checked(text, isCheckoutId, "checkout id");
/** @throws TypeError when the text is empty, over 200 characters, has white space, or looks like an e-mail address. */
export const receipt = (text: string): Receipt => checked(text, isReceipt, "receipt");

/** The id when the text is one of ours, else undefined: for text that strangers may have written. */
export const asSubscriptionId = (text: string | null | undefined): SubscriptionId | undefined =>
  text !== null && text !== undefined && isSubscriptionId(text) ? text : undefined;

function checked<T extends string>(text: string, is: (text: string) => text is T, what: string): T {
  if (is(text)) return text;
  throw new TypeError(`not a ${what}`);
}
