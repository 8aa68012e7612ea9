/** In a prompt it asks for very much, at once. */
export const FLOOD = 'benchflood'
export const FLOOD_BYTES = 1_000_000_000
