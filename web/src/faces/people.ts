/**
 * Who is who in a video: the same number for who comes back after a cut or an absence; as
 * ferlite.faces.people without SFace. What people look like is kept in memory, and nowhere else.
 */
import { type Look, likeness } from "./appearance.js"
import type { Tracked } from "./track.js"

/** Faces that look as much alike are of the same person. */
const SAME_LOOK = 0.5
/** In seconds: a face that was not recognised at once is looked at again for so long. */
const AT_FIRST = 1
/** Of a person's tracks, the last so many are remembered... */
const VIEWS = 8
/** ...each as the mean of about so many looks at it. */
const LOOKS = 16
/** Of so many people who are away it is remembered what they look like: those seen last. */
const MOST_PEOPLE = 256

/** What a face looked like through one track: the sum of vectors, and how many. */
class View {
  #sum: Look | undefined
  #count = 0

  add(look: Look): void {
    // Of long ones, the past counts less and less.
    const fade = this.#count === 0 ? 0 : Math.min(1, (LOOKS - 1) / this.#count)
    const past = this.#sum
    this.#sum = past === undefined ? look.slice() : past.map((value, i) => value * fade + look[i])
    this.#count = this.#count * fade + 1
  }

  /** How much alike two views are: 1 and more for the same person. */
  likeness(other: View): number {
    if (this.#sum === undefined || other.#sum === undefined) return 0
    const lengths = Math.sqrt(likeness(this.#sum, this.#sum)) * Math.sqrt(likeness(other.#sum, other.#sum))
    return likeness(this.#sum, other.#sum) / Math.max(1e-9, lengths) / SAME_LOOK
  }
}

/** A track that goes on: who it is of, and what is known of it. */
interface Going {
  began: number
  view: View
  person: number | undefined
  /** The person was begun for this track. */
  isNew: boolean
}

export class People {
  /** The views of each person; people are in the order in which they came last. */
  readonly #people = new Map<number, View[]>()
  readonly #tracks = new Map<number, Going>()
  #next = 1

  /** For each face of the next frame the number of its person, from 1 on. */
  next(seconds: number, faces: Tracked[], alive: Set<number>): number[] {
    for (const trackId of this.#tracks.keys()) if (!alive.has(trackId)) this.#tracks.delete(trackId)
    const tracks = faces.map(({ trackId, look }) => {
      const track = this.#tracks.get(trackId) ?? {
        began: seconds,
        view: new View(),
        person: undefined,
        isNew: true,
      }
      this.#tracks.set(trackId, track)
      if (look !== undefined) track.view.add(look)
      return track
    })
    this.#recognize(tracks, seconds)
    return tracks.map(({ person }) => person ?? 0)
  }

  /** Find out who has just come, the surest first. */
  #recognize(tracks: Going[], seconds: number): void {
    const unsure = tracks.filter(
      ({ person, isNew, began }) => person === undefined || (isNew && seconds - began <= AT_FIRST),
    )
    if (unsure.length === 0) return
    const present = this.#present()
    const pairs = unsure
      .flatMap((track) =>
        [...this.#people]
          .filter(([number]) => !present.has(number))
          .map(([number, views]) => ({
            likeness: Math.max(0, ...views.map((view) => view.likeness(track.view))),
            track,
            number,
          })),
      )
      .filter(({ likeness }) => likeness >= 1)
      .sort((a, b) => b.likeness - a.likeness)
    for (const { track, number } of pairs) {
      if ((track.person === undefined || track.isNew) && !present.has(number)) {
        if (track.person !== undefined) this.#people.delete(track.person) // who was begun for it is nobody
        present.add(number)
        this.#begin(track, number, false)
      }
    }
    for (const track of unsure) if (track.person === undefined) this.#begin(track, this.#next++, true)
  }

  #begin(track: Going, number: number, isNew: boolean): void {
    track.person = number
    track.isNew = isNew
    const views = this.#people.get(number) ?? []
    this.#people.delete(number)
    this.#people.set(number, [...views.slice(1 - VIEWS), track.view])
    if (this.#people.size <= MOST_PEOPLE) return
    const present = this.#present()
    const longestAway = [...this.#people.keys()].find((each) => !present.has(each))
    if (longestAway !== undefined) this.#people.delete(longestAway)
  }

  #present(): Set<number | undefined> {
    return new Set([...this.#tracks.values()].map(({ person }) => person))
  }
}
