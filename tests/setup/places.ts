/** A migrated, empty database. */
export const TEMPLATE_DATABASE = "perennial_template";

/** Each test file that needs Temporal has a namespace of its own, so that no workflow meets another file's worker. */
export const NAMESPACES: readonly string[] = Array.from({ length: 60 }, (_, index) => `tests-${index + 1}`);
