// For optional members of an object: under exactOptionalPropertyTypes a member that is undefined is not the same as one that is absent, and
// what is written as JSON, or handed to an SDK or a construct, must not hold the first.

/** What may be undefined is optional instead. */
type Defined<Members extends object> = {
  [Key in keyof Members as undefined extends Members[Key] ? never : Key]: Members[Key]
} & {
  [Key in keyof Members as undefined extends Members[Key] ? Key : never]?: Exclude<Members[Key], undefined>
}

/** @returns the members that are not undefined. null stays. */
export const defined = <const Members extends object>(members: Members): Defined<Members> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Defined<Members>
