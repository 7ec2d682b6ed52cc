"""What a night learns from: events, open goals, queued goals and datasets, as problems and rows.

decisions, weights        what the user said of a text at a state, and what it weighs
places                    the document as it was, rebuilt from the records or found on disk
labels                    what the audit accepts of it: targets and preferences
sorries, queued           open goals of the projects, and those queued for the night
jsonl, shapes             datasets in the usual shapes
frozen                    goals of core Lean that never change
split, curriculum, replay which side, in what order, what is kept alive
collection                all of it together
files                     problems and labels on disk
"""
