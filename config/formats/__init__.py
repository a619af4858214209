"""What Django writes into inputs, drawings and attributes: the same in each language, because programs read it.

What people read is written by `inventory_ops.kit.showing`.
"""
