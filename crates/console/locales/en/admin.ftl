### A company's apps.

admin-title = Company apps
admin-lead = What people at your company can connect. Turned off, an app stops at once, and keeps its connections.
admin-listed = In the App Center
admin-unlisted = Connected, but not in the App Center
admin-unlisted-lead = Apps that act for somebody at your company, or that you turned off before, though the App Center does not show them to you.
admin-unlisted-none = There are none.
admin-on = On
admin-off = Off
admin-turn-off = Turn off
admin-turn-on = Turn on
admin-turn-off-app = Turn off { $app }
admin-turn-on-app = Turn on { $app }
